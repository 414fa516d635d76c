import { Radio } from "@mantine/core";
import { useId } from "react";
import type { Size } from "@/lib/api-models";
import { perHour } from "@/lib/money";
import { sizeWords } from "./notebook-words";
import classes from "./size-field.module.css";

type Props = {
  sizes: Size[];
  value: string;
  onChange: (id: string) => void;
  description?: string;
  error?: string | null;
};

/** A choice of size, each with what it has and what an hour costs. */
export function SizeField({ sizes, value, onChange, description, error }: Props) {
  const id = useId();
  return (
    <Radio.Group
      label="Size"
      description={description}
      value={value}
      onChange={onChange}
      error={error}
    >
      <div className={classes.sizes}>
        {sizes.map((size) => (
          <label
            key={size.id}
            htmlFor={`${id}-${size.id}`}
            className={classes.size}
            data-chosen={size.id === value}
          >
            <Radio id={`${id}-${size.id}`} value={size.id} />
            <span className={classes.name}>{size.name}</span>
            <span className={classes.what}>{sizeWords(size)}</span>
            <span className={classes.price}>{perHour(size.price_usd_hour)}</span>
          </label>
        ))}
      </div>
    </Radio.Group>
  );
}
