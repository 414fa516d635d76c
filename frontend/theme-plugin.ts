import {
  convertCssVariables,
  DEFAULT_THEME,
  defaultCssVariablesResolver,
  mergeMantineTheme,
} from "@mantine/core";
import type { Plugin } from "vite";
import { theme } from "./src/app/theme.ts";

const NAME = "virtual:theme.css";

/**
 * The theme's CSS variables as a stylesheet, `virtual:theme.css`.
 *
 * Mantine would write them into a `<style>` tag at run time, which needs `unsafe-inline` in the
 * Content-Security-Policy. Made at build time they are an ordinary file, there before any script.
 */
export function themeVariables(): Plugin {
  return {
    name: "theme-variables",
    resolveId: (id) => (id === NAME ? `\0${NAME}` : null),
    load: (id) => (id === `\0${NAME}` ? stylesheet() : null),
  };
}

function stylesheet(): string {
  const resolved = defaultCssVariablesResolver(mergeMantineTheme(DEFAULT_THEME, theme));
  return convertCssVariables({
    variables: resolved.variables,
    light: { "--mantine-color-scheme": "light", ...resolved.light },
    dark: { "--mantine-color-scheme": "dark", ...resolved.dark },
  });
}
