import { useSyncExternalStore } from "react";

/** Whether the API answers. Told by every request; `navigator.onLine` knows only of the network. */
let reachable = true;
const listeners = new Set<() => void>();

/** A request got an answer, whatever it said. */
export function connectionWorks(): void {
  set(true);
}

/** A request got no answer. */
export function connectionLost(): void {
  set(false);
}

/** Whether the last request got an answer. */
export function useReachable(): boolean {
  return useSyncExternalStore(subscribe, () => reachable);
}

function set(value: boolean): void {
  if (value === reachable) return;
  reachable = value;
  for (const listener of listeners) listener();
}

function subscribe(listener: () => void): () => void {
  listeners.add(listener);
  return () => {
    listeners.delete(listener);
  };
}
