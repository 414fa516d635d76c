import { expect, test } from "vitest";
import { paths, safeReturnTo, signInPath } from "./paths";

test("after signing in one gets back to the page, with its query", () => {
  const address = signInPath("/notebooks/nb_1/open?x=1");
  expect(safeReturnTo(new URLSearchParams(address.split("?")[1]).get("return_to"))).toBe(
    "/notebooks/nb_1/open?x=1",
  );
});

test.each([null, "", "https://evil.example", "//evil.example", "/\\evil.example", "javascript:0"])(
  "%j leads to the list, never to another site",
  (returnTo) => {
    expect(safeReturnTo(returnTo)).toBe(paths.notebooks);
  },
);
