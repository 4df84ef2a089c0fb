import { dialogOpen } from "./dialog.ts";
import { start } from "./kit/island.ts";
import { keypad } from "./keypad.ts";
import { orderStatus } from "./order-status.ts";
import { board } from "./picking/board.ts";
import { arrivals, elapsed } from "./picking/counter.ts";
import { picking } from "./picking/picking.ts";
import { registerStoreWorker } from "./picking/worker.ts";
import { scan } from "./scan.ts";
import { copyCode, focusMe, print, sendOnChange } from "./small.ts";
import { submitOnce } from "./submit-once.ts";
import { theme } from "./theme.ts";
import { verdict } from "./verdict.ts";

registerStoreWorker();

// Everything the picking app's pages may attach to.
start({
  arrivals,
  board,
  "copy-code": copyCode,
  "dialog-open": dialogOpen,
  elapsed,
  "focus-me": focusMe,
  keypad,
  "order-status": orderStatus,
  picking,
  print,
  scan,
  "send-on-change": sendOnChange,
  "submit-once": submitOnce,
  theme,
  verdict,
});
