import { Button } from "@mantine/core";
import classes from "./more-button.module.css";

type Props = {
  /** The part of an infinite query that says whether there is more. */
  query: { hasNextPage: boolean; isFetchingNextPage: boolean; fetchNextPage: () => unknown };
  label?: string;
};

/** Loads the next page of a list; nothing if this is all. */
export function MoreButton({ query, label = "Show more" }: Props) {
  if (!query.hasNextPage) return null;
  return (
    <Button
      className={classes.more ?? ""}
      variant="default"
      loading={query.isFetchingNextPage}
      onClick={() => query.fetchNextPage()}
    >
      {label}
    </Button>
  );
}
