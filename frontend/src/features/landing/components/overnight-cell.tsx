import classes from "./overnight-cell.module.css";

const NIGHT = [
  { at: "22:58", text: "epoch  1/40   loss 0.914" },
  { at: "23:10", text: "epoch  2/40   loss 0.782" },
  { at: "23:14", text: "you close the laptop", aside: true },
  { at: "02:46", text: "epoch 20/40   loss 0.203" },
  { at: "06:41", text: "epoch 40/40   loss 0.118" },
  { at: "07:11", text: "nothing left to do: it stopped by itself", aside: true },
  { at: "08:30", text: "you open it: all of this is there", aside: true },
];

/** The promise as a picture: one cell, one night. */
export function OvernightCell() {
  return (
    <figure className={classes.figure}>
      <div className={classes.cell}>
        <p className={classes.input}>
          <span className={classes.prompt}>[*]:</span>
          <code>
            <b>for</b> epoch <b>in</b> range(40):
            <br />
            {"    "}train(model, epoch)
          </code>
        </p>
        <ol className={classes.output}>
          {NIGHT.map(({ at, text, aside }) => (
            <li key={at} data-aside={aside}>
              <time>{at}</time>
              {aside ? <em>{text}</em> : <samp>{text}</samp>}
            </li>
          ))}
        </ol>
      </div>
      <figcaption className={classes.caption}>
        One cell, one night, nobody watching. Idle time set to 30 minutes.
      </figcaption>
    </figure>
  );
}
