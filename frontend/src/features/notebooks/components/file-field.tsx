import { Input, Progress } from "@mantine/core";
import { FileUp } from "lucide-react";
import { useId } from "react";
import { useDropzone } from "react-dropzone";
import { formatBytes } from "@/lib/bytes";
import classes from "./file-field.module.css";

type Props = {
  file: File | null;
  onChange: (file: File) => void;
  /** Share sent while the file is being uploaded, 0 to 1; null before and after. */
  share: number | null;
  error: string | null;
};

/** A place to drop an .ipynb on, or to choose one. */
export function FileField({ file, onChange, share, error }: Props) {
  const id = useId();
  const { getRootProps, getInputProps, isDragActive } = useDropzone({
    multiple: false,
    disabled: share !== null,
    onDrop: ([dropped]) => dropped && onChange(dropped),
  });
  return (
    <Input.Wrapper error={error} errorProps={{ id }}>
      <div
        {...getRootProps({
          className: classes.zone ?? "",
          role: "button",
          "aria-label": file === null ? "Choose a notebook file" : `${file.name}, choose another`,
          "aria-describedby": error === null ? undefined : id,
        })}
        data-over={isDragActive}
      >
        <input {...getInputProps({ accept: ".ipynb", "aria-hidden": true })} />
        <FileUp size={22} aria-hidden />
        {file === null ? (
          <span>
            Drop an <code>.ipynb</code> here, or <u>choose one</u>
          </span>
        ) : (
          <span>
            <strong>{file.name}</strong>, {formatBytes(file.size)}
          </span>
        )}
      </div>
      {share !== null && (
        <Progress
          value={share * 100}
          mt="xs"
          aria-label={`Sending ${file?.name ?? "the file"}`}
          transitionDuration={100}
        />
      )}
    </Input.Wrapper>
  );
}
