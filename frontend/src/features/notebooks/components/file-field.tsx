import { Button, Input, Progress } from "@mantine/core";
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

/** A place to drop an .ipynb on, with a button to choose one. */
export function FileField({ file, onChange, share, error }: Props) {
  const errorId = useId();
  const { getRootProps, getInputProps, isDragActive, open } = useDropzone({
    multiple: false,
    disabled: share !== null,
    // The button is the control; an area that is one too would be read out twice.
    noClick: true,
    noKeyboard: true,
    onDrop: ([dropped]) => dropped && onChange(dropped),
  });
  return (
    <Input.Wrapper error={error} errorProps={{ id: errorId }}>
      <div {...getRootProps({ className: classes.zone ?? "" })} data-over={isDragActive}>
        <input {...getInputProps({ accept: ".ipynb", "aria-label": "Notebook file" })} />
        <FileUp size={22} aria-hidden />
        <span className={classes.words}>
          {file === null ? (
            <>
              Drop an <code>.ipynb</code> file here
            </>
          ) : (
            <>
              <strong>{file.name}</strong>, {formatBytes(file.size)}
            </>
          )}
        </span>
        <Button
          variant="default"
          size="sm"
          onClick={open}
          disabled={share !== null}
          {...(error !== null && { "aria-describedby": errorId, "aria-invalid": true })}
        >
          {file === null ? "Choose a file" : "Choose another"}
        </Button>
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
