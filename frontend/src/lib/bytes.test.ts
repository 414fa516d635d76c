import { expect, test } from "vitest";
import { formatBytes } from "./bytes";

test.each([
  [0, "0 B"],
  [812, "812 B"],
  [1024, "1 KiB"],
  [1_500, "1.5 KiB"],
  [15_000_000, "14 MiB"],
  [5 * 1024 ** 3, "5 GiB"],
  [1_023 * 1024, "1,023 KiB"],
  [5_000 * 1024 ** 3, "5,000 GiB"],
])("%d bytes are shown as %s", (bytes, shown) => {
  expect(formatBytes(bytes)).toBe(shown);
});
