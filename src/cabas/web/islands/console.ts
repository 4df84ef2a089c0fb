import { dialogOpen } from "./dialog.ts";
import { filters } from "./filters.ts";
import { start } from "./kit/island.ts";
import { orderStatus } from "./order-status.ts";
import { copyCode, focusMe, print, sendOnChange } from "./small.ts";
import { submitOnce } from "./submit-once.ts";
import { theme } from "./theme.ts";
import { unsaved, watchSlash } from "./unsaved.ts";
import { wall } from "./wall.ts";

// Everything the console's pages may attach to. "live" is a fragment taken again, like an order's state.
start({
  "copy-code": copyCode,
  "dialog-open": dialogOpen,
  filters,
  "focus-me": focusMe,
  live: orderStatus,
  print,
  "send-on-change": sendOnChange,
  "submit-once": submitOnce,
  theme,
  unsaved,
  wall,
});
watchSlash();
