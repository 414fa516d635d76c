/** What the end of a notebook means for its live clusters; nothing where there are none. */
export function EndingClusters({ names }: { names: string[] }) {
  if (names.length === 0) return null;
  const [what, which] = names.length === 1 ? ["cluster", "stops"] : ["clusters", "stop"];
  return (
    <p>
      Its {what} {LIST.format(names)} {which} with it, and tasks that are not finished are lost.
    </p>
  );
}

const LIST = new Intl.ListFormat("en-GB", { type: "conjunction" });
