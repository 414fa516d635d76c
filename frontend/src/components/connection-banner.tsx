import { WifiOff } from "lucide-react";
import { useReachable } from "@/lib/connection";
import classes from "./connection-banner.module.css";

/** Says that what is on the page may be old, as long as the server does not answer. */
export function ConnectionBanner() {
  const reachable = useReachable();
  return (
    <div role="status">
      {!reachable && (
        <p className={classes.banner}>
          <WifiOff size={16} aria-hidden />
          The server can't be reached, so this page may be out of date. Running notebooks go on. We
          keep trying.
        </p>
      )}
    </div>
  );
}
