import { describe, expect, test } from "vitest";
import {
  fileProblem,
  githubProblem,
  idleProblem,
  nameFromAddress,
  nameFromFile,
  nameProblem,
} from "./notebook-form";

describe("what a notebook's form says before anything is sent", () => {
  test("a name is needed, of at most 100 characters", () => {
    expect(nameProblem("  ")).toBe("Give it a name.");
    expect(nameProblem("a".repeat(101))).toContain("100");
    expect(nameProblem(" Ocean ")).toBeNull();
    expect(nameProblem("🌊".repeat(100))).toBeNull();
  });

  test.each([0, 1.5, 1_441, Number.NaN])("%d is no idle time", (minutes) => {
    expect(idleProblem(minutes)).toContain("whole minutes");
  });

  test("one minute and one day are idle times", () => {
    expect(idleProblem(1)).toBeNull();
    expect(idleProblem(1_440)).toBeNull();
  });

  test("only a file that ends in .ipynb and has bytes can be a notebook", () => {
    expect(fileProblem(null)).toBe("Choose a file.");
    expect(fileProblem(new File(["x"], "data.csv"))).toContain(".ipynb");
    expect(fileProblem(new File([], "a.ipynb"))).toBe("This file is empty.");
    expect(fileProblem(new File(["{}"], "A.IPYNB"))).toBeNull();
  });

  test.each(["github.com/a/b", "javascript:x.ipynb", "https://github.com/a/b", "not a url"])(
    "%j is no notebook's address",
    (address) => {
      expect(githubProblem(address)).not.toBeNull();
    },
  );

  test("an address may have a line or a query after the file", () => {
    expect(githubProblem(" https://github.com/a/b/blob/main/c%20d.ipynb?plain=1 ")).toBeNull();
    expect(githubProblem("github.com/a/b/raw/refs/heads/main/c.ipynb")).toBeNull();
  });

  test.each([
    "\u200bhttps://github.com/a/b/blob/main/c.ipynb\u200b",
    "\ufeff github.com/a/b/commits/main/c.ipynb",
    "(https://github.com/a/b/blob/main/c.ipynb).",
    "<https://github.com/a/b/blob/main/c.ipynb>,",
    "“https://github.com/a/b/blob/main/c.ipynb”",
    "[c](https://github.com/a/b/blob/main/c.ipynb)",
  ])("%j is the address that was pasted", (address) => {
    expect(githubProblem(address)).toBeNull();
    expect(nameFromAddress(address)).toBe("c");
  });

  test.each([
    ["https://github.com/a/b/blob/main/c%20d.ipynb", "c d"],
    ["C:\\work\\floats.ipynb", "floats"],
    ["100%.ipynb", "100%"],
    ["👩‍🔬 lab.ipynb", "👩‍🔬 lab"],
    [`${"a".repeat(99)}👩‍🔬.ipynb`, "a".repeat(99)],
  ])("a notebook made from %j is called %j", (path, name) => {
    expect(nameFromFile(path)).toBe(name);
  });

  test.each([
    ["github.com/jakevdp/book/blob/main/random-walks.ipynb?ref=main", "random-walks"],
    [" https://github.com/a/b/blob/main/c%20d.ipynb?raw=1#L3 ", "c d"],
    ["https://raw.githubusercontent.com/a/b/main/e.IPYNB?token=x/y.ipynb", "e"],
    ["https://github.com/a/b/blob/main/what%3Fnow.ipynb", "what?now"],
  ])("a notebook from %j is called %j", (address, name) => {
    expect(nameFromAddress(address)).toBe(name);
  });
});
