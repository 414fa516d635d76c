/**
 * What a screen reader should say, and nobody needs to see twice.
 *
 * `announce` may be called from anywhere; `LiveRegion` holds the text in the page.
 */
type Listener = (message: string) => void;

const listeners = new Set<Listener>();

/** Have `message` read out when the reader has finished its sentence. */
export function announce(message: string): void {
  for (const listener of listeners) listener(message);
}

/** Hear announcements; returns the function that ends it. */
export function onAnnouncement(listener: Listener): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
