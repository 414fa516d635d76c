// Runs before the first paint, so that a dark page never flashes white.
// A file and not an inline script, because the Content-Security-Policy allows no inline scripts.
(() => {
  const chosen = localStorage.getItem("color-scheme");
  const dark =
    chosen === "dark" || (chosen !== "light" && matchMedia("(prefers-color-scheme: dark)").matches);
  document.documentElement.setAttribute("data-mantine-color-scheme", dark ? "dark" : "light");
})();
