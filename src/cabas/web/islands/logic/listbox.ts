// Moving in a list of suggestions from the text field: −1 is the field itself.

export function movedOption(current: number, key: string, count: number): number | null {
  if (!count) return null;
  switch (key) {
    case "ArrowDown":
      return current >= count - 1 ? -1 : current + 1;
    case "ArrowUp":
      return current < 0 ? count - 1 : current - 1;
    case "Home":
      return current < 0 ? null : 0;
    case "End":
      return current < 0 ? null : count - 1;
    default:
      return null;
  }
}
