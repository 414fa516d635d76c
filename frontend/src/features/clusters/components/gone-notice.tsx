import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Notice } from "@/components/notice";
import { paths } from "@/config/paths";

/** There is no such cluster. */
export function GoneNotice() {
  return (
    <Notice
      title="No such cluster"
      action={
        <Button component={Link} to={paths.clusters}>
          Your clusters
        </Button>
      }
    >
      It is not there, or it belongs to somebody else.
    </Notice>
  );
}
