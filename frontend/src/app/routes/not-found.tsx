import { Button } from "@mantine/core";
import { Link } from "react-router";
import { Notice } from "@/components/notice";
import { paths } from "@/config/paths";

/** Every address that is none. */
export default function NotFound() {
  return (
    <Notice
      title="There is no such page"
      action={
        <Button component={Link} to={paths.notebooks}>
          Your notebooks
        </Button>
      }
    >
      The address may be mistyped, or it belonged to something that is gone.
    </Notice>
  );
}
