import { ApiError } from "./api-error";

type Destination = { url: string; method: string; headers: Record<string, string> };

/**
 * Send `file` to a presigned address, telling `onProgress` the share sent (0 to 1).
 *
 * XMLHttpRequest, because `fetch` does not tell how much of a body it has sent. Rejects with
 * `ApiError`, or with an `AbortError` when `signal` fires.
 */
export function putFile(
  file: Blob,
  destination: Destination,
  onProgress: (share: number) => void,
  signal: AbortSignal,
): Promise<void> {
  return new Promise((resolve, reject) => {
    const request = new XMLHttpRequest();
    request.open(destination.method, destination.url);
    for (const [name, value] of Object.entries(destination.headers)) {
      request.setRequestHeader(name, value);
    }
    request.upload.onprogress = (event) => {
      if (event.lengthComputable) onProgress(event.loaded / event.total);
    };
    request.onload = () => (isThere(request.status) ? resolve() : reject(refused(request.status)));
    request.onerror = () => reject(interrupted());
    request.onabort = () => reject(new DOMException("The upload was cancelled.", "AbortError"));
    signal.addEventListener("abort", () => request.abort(), { once: true });
    request.send(file);
  });
}

/** An address works once: 412 says that the file arrived before, and only the answer was lost. */
function isThere(status: number): boolean {
  return status < 300 || status === 412;
}

function interrupted(): ApiError {
  return new ApiError(
    0,
    "upload_interrupted",
    "The file could not be sent. Check your connection, and try again.",
  );
}

function refused(status: number): ApiError {
  return new ApiError(
    status,
    "upload_refused",
    "The storage refused the file. Try again; a permission to upload lasts an hour at most.",
  );
}
