// A scanner that plays keyboard types faster than fingers and ends with Enter.

export interface Burst {
  text: string;
  last: number;
}

export const KEY_GAP_MS_MAX = 50;
export const CODE_LENGTH_MIN = 6;
export const EMPTY: Burst = { text: "", last: 0 };

/** Feeds one key; answers the burst so far, and the code when Enter ended a fast one. */
export function fed(burst: Burst, key: string, at: number): { burst: Burst; code: string | null } {
  const fast = at - burst.last <= KEY_GAP_MS_MAX;
  if (key === "Enter") {
    const code = fast && burst.text.length >= CODE_LENGTH_MIN ? burst.text : null;
    return { burst: EMPTY, code };
  }
  if (key.length !== 1) return { burst, code: null };
  return { burst: { text: (fast ? burst.text : "") + key, last: at }, code: null };
}
