/**
 * Bring somebody to the first field that is wrong, once the page says so. In a long form it may be
 * out of sight, and a screen reader reads the field and its error when it gets the focus.
 */
export function focusFirstProblem(form: HTMLFormElement): void {
  requestAnimationFrame(() => {
    form.querySelector<HTMLElement>('[aria-invalid="true"]')?.focus();
  });
}
