import { formatFixed } from "@/lib/money";
import { formatDay } from "@/lib/time";
import type { Stack } from "./usage-series";

/** The days that cost something, with each part. */
export function DayTable({ stack }: { stack: Stack }) {
  const { series, days } = stack;
  return (
    <table>
      <thead>
        <tr>
          <th scope="col">Day</th>
          {series.map(({ id, name }) => (
            <th key={id} scope="col" data-align="end">
              {name}
            </th>
          ))}
          <th scope="col" data-align="end">
            Together
          </th>
        </tr>
      </thead>
      <tbody>
        {days
          .filter(({ total }) => total > 0n)
          .map(({ date, parts, total }) => (
            <tr key={date}>
              <th scope="row">{formatDay(date)}</th>
              {series.map(({ id }) => (
                <td key={id} data-align="end">
                  {formatFixed(parts[id] ?? 0n, 4)}
                </td>
              ))}
              <td data-align="end">{formatFixed(total, 4)}</td>
            </tr>
          ))}
      </tbody>
    </table>
  );
}
