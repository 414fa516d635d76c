import { VisuallyHidden } from "@mantine/core";
import { useEffect, useState } from "react";
import { onAnnouncement } from "@/lib/announcements";

/** Where announcements stand in the page; once, in the shell. */
export function LiveRegion() {
  const [message, setMessage] = useState("");
  useEffect(() => onAnnouncement(setMessage), []);
  return (
    <VisuallyHidden role="status" aria-live="polite">
      {message}
    </VisuallyHidden>
  );
}
