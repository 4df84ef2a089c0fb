import { dialogOpen } from "./dialog.ts";
import { start } from "./kit/island.ts";
import { keypad } from "./keypad.ts";
import { orderStatus } from "./order-status.ts";
import { scan } from "./scan.ts";
import { copyCode, focusMe, print, sendOnChange } from "./small.ts";
import { submitOnce } from "./submit-once.ts";
import { theme } from "./theme.ts";
import { verdict } from "./verdict.ts";

// Everything the picking app's pages may attach to.
start({
  "copy-code": copyCode,
  "dialog-open": dialogOpen,
  "focus-me": focusMe,
  keypad,
  "order-status": orderStatus,
  print,
  scan,
  "send-on-change": sendOnChange,
  "submit-once": submitOnce,
  theme,
  verdict,
});
