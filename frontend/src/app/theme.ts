import { createTheme, type MantineColorsTuple } from "@mantine/core";

/** Blue-black ink: what can be pressed. */
const ink: MantineColorsTuple = [
  "#eef1fb",
  "#dde3f7",
  "#bcc8ef",
  "#9aabe6",
  "#7e94de",
  "#5c77d3",
  "#4660c4",
  "#334ca8",
  "#293e8c",
  "#1c2b63",
];

/** Paper and pencil: every neutral of the light scheme. */
const gray: MantineColorsTuple = [
  "#faf8f4",
  "#f3f0ea",
  "#e8e4db",
  "#d9d4c8",
  "#beb8aa",
  "#918b7d",
  "#66615a",
  "#4f4b44",
  "#38352f",
  "#201e1a",
];

/** The same at night, from text to page. */
const dark: MantineColorsTuple = [
  "#e9e6df",
  "#d0ccc3",
  "#aba79d",
  "#7d7a74",
  "#4a4b51",
  "#383a41",
  "#25272d",
  "#191b20",
  "#131519",
  "#0d0e11",
];

/** Red ink: what can't be taken back, and what is nearly full. */
const red: MantineColorsTuple = [
  "#fdf0ee",
  "#f9dcd8",
  "#f2b6ae",
  "#ea8d82",
  "#e26a5c",
  "#d4483a",
  "#bb3429",
  "#a3271d",
  "#861d15",
  "#5f130d",
];

/** What Mantine's components look like here. Its variables become `virtual:theme.css`. */
export const theme = createTheme({
  primaryColor: "ink",
  primaryShade: { light: 7, dark: 6 },
  colors: { ink, gray, dark, red },
  black: "#201e1a",
  fontFamily: '"Inter Variable", system-ui, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", "Cascadia Mono", Menlo, Consolas, monospace',
  headings: { fontFamily: '"Newsreader Variable", Georgia, serif', fontWeight: "500" },
  defaultRadius: "md",
  cursorType: "pointer",
  respectReducedMotion: true,
});
