import Link from 'next/link';
import classes from './chart.module.css';

type ChartTableProps = {
  caption: string;
  heads: readonly string[];
  /** `href` is the first cell's; `hrefs` those of other cells, by their place. */
  rows: readonly { key: string; href?: string; hrefs?: Record<number, string>; cells: readonly string[] }[];
};

/** A chart's figures as a table whose first cells lead to the items: what the bars are to a mouse, this is to keys. */
export function ChartTable(props: ChartTableProps) {
  return (
    <details className={classes.details}>
      <summary>The same as a table, with links to the items</summary>
      <FigureTable {...props} />
    </details>
  );
}

export function FigureTable({ caption, heads, rows }: ChartTableProps) {
  return (
    // biome-ignore lint/a11y/noNoninteractiveTabindex: a region that scrolls must be reachable by key.
    <section className={classes.scroll} tabIndex={0} aria-label={caption}>
      <table className={classes.table}>
        <caption className="spoken">{caption}</caption>
        <thead>
          <tr>
            {heads.map((head) => (
              <th key={head} scope="col">
                {head}
              </th>
            ))}
          </tr>
        </thead>
        <tbody>
          {rows.map(({ key, href, hrefs, cells: [first, ...rest] }) => (
            <tr key={key}>
              <th scope="row">
                <Cell text={first} href={href} />
              </th>
              {rest.map((cell, index) => (
                <td key={heads[index + 1]}>
                  <Cell text={cell} href={hrefs?.[index + 1]} />
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </section>
  );
}

function Cell({ text, href }: { text: string | undefined; href: string | undefined }) {
  if (!href) return text;
  return (
    <Link href={href} prefetch={false}>
      {text}
    </Link>
  );
}
