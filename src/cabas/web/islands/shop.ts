import { aroundMe } from "./around-me.ts";
import { basketLines } from "./basket-lines.ts";
import { connection } from "./connection.ts";
import { dialogOpen } from "./dialog.ts";
import { filters } from "./filters.ts";
import { holdCountdown } from "./hold-countdown.ts";
import { watchOutbox } from "./kit/basket.ts";
import { start } from "./kit/island.ts";
import { keepOrder, watchKeptOrder } from "./keep-order.ts";
import { midnight } from "./midnight.ts";
import { midnightWishes } from "./midnight-wishes.ts";
import { keepOffline, registerWorker } from "./offline.ts";
import { notifyMe } from "./notify.ts";
import { orderStatus } from "./order-status.ts";
import { passkey } from "./passkey.ts";
import { refreshOnBasket } from "./refresh-on-basket.ts";
import { searchSuggest } from "./search-suggest.ts";
import { copyCode, focusMe, print, sendOnChange } from "./small.ts";
import { stepper, watchSteppers } from "./stepper.ts";
import { submitOnce } from "./submit-once.ts";
import { theme } from "./theme.ts";

// Everything the storefront's pages may attach to.
start({
  "around-me": aroundMe,
  "basket-lines": basketLines,
  connection,
  "copy-code": copyCode,
  "dialog-open": dialogOpen,
  filters,
  "focus-me": focusMe,
  "hold-countdown": holdCountdown,
  "keep-offline": keepOffline,
  "keep-order": keepOrder,
  midnight,
  "midnight-wishes": midnightWishes,
  "notify-me": notifyMe,
  "order-status": orderStatus,
  passkey,
  print,
  "refresh-on-basket": refreshOnBasket,
  "search-suggest": searchSuggest,
  "send-on-change": sendOnChange,
  stepper,
  "submit-once": submitOnce,
  theme,
});
// Listeners first: an answer to an old change must find someone.
watchSteppers();
watchOutbox();
watchKeptOrder();
registerWorker();
