import { Radio } from "@mantine/core";
import { useId } from "react";
import { Link } from "react-router";
import { paths } from "@/config/paths";
import type { SizeOffer } from "@/lib/api-models";
import { priceWords, sizeWords } from "./notebook-words";
import classes from "./size-field.module.css";

type Props = {
  sizes: SizeOffer[];
  value: string;
  onChange: (id: string) => void;
  description?: string;
  error?: string | null;
};

/** A choice of size, each with what it has and what an hour costs beyond the plan. */
export function SizeField({ sizes, value, onChange, description, error }: Props) {
  const id = useId();
  const someAreOut = sizes.some(isOut);
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
            data-out={isOut(size)}
          >
            <Radio id={`${id}-${size.id}`} value={size.id} disabled={isOut(size)} />
            <span className={classes.name}>{size.name}</span>
            <span className={classes.what}>{sizeWords(size)}</span>
            <span className={classes.price}>{priceWords(size.extra_usd_hour)}</span>
          </label>
        ))}
      </div>
      {someAreOut && (
        <p className={classes.more}>
          Larger sizes need a larger plan: <Link to={paths.plans}>compare plans</Link>.
        </p>
      )}
    </Radio.Group>
  );
}

function isOut(size: SizeOffer): boolean {
  return size.extra_usd_hour === null;
}
