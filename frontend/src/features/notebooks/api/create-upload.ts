import { useMutation } from "@tanstack/react-query";
import { useState } from "react";
import { api } from "@/lib/api-client";
import type { Upload } from "@/lib/api-models";
import { putFile } from "@/lib/put-file";

type Sending = { file: File; signal: AbortSignal };

/**
 * Send a file to the storage; resolves to the id to create a notebook from. `share` is how much
 * has been sent, 0 to 1.
 */
export function useUpload() {
  const [share, setShare] = useState(0);
  const mutation = useMutation({
    mutationFn: async ({ file, signal }: Sending) => {
      setShare(0);
      const body = { filename: file.name, size: file.size };
      const upload = await api.post<Upload>("/uploads", { body, signal });
      await putFile(file, upload, setShare, signal);
      return upload.upload_id;
    },
  });
  return { ...mutation, share };
}
