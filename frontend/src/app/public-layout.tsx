import { Outlet } from "react-router";
import { paths } from "@/config/paths";
import { Frame } from "./frame";

/** Pages that anybody may see. */
export function PublicLayout() {
  return (
    <Frame home={paths.landing}>
      <Outlet />
    </Frame>
  );
}
