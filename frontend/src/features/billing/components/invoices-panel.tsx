import { ErrorNotice } from "@/components/error-notice";
import { Loading } from "@/components/loading";
import { MoreButton } from "@/components/more-button";
import { Panel } from "@/components/panel";
import { Row } from "@/components/row";
import type { Invoice } from "@/lib/api-models";
import { formatFixed, parseUsd } from "@/lib/money";
import { formatUtcDate } from "@/lib/time";
import { useInvoices } from "../api/get-invoices";
import classes from "./invoices-panel.module.css";

const STATUS: Readonly<Record<Invoice["status"], string>> = {
  draft: "Being prepared",
  open: "To be paid",
  paid: "Paid",
  uncollectible: "Not paid",
  void: "Void",
  unknown: "See at Stripe",
};

/** Past invoices, with the way to each at Stripe. */
export function InvoicesPanel() {
  const query = useInvoices();
  const invoices = query.data?.pages.flatMap((page) => page.items);
  return (
    <Panel title="Invoices">
      {query.isPending && <Loading label="Loading the invoices" rows={1} />}
      {!query.data && <ErrorNotice error={query.error} onRetry={() => query.refetch()} />}
      {invoices?.length === 0 && (
        <p>
          There is none yet. Each is listed here with its PDF: the first when a paid plan begins,
          and then one on the first of each month.
        </p>
      )}
      <ul className={classes.list}>
        {invoices?.map((invoice) => (
          <InvoiceRow key={invoice.id} invoice={invoice} />
        ))}
      </ul>
      <MoreButton query={query} />
    </Panel>
  );
}

function InvoiceRow({ invoice }: { invoice: Invoice }) {
  const { number, status, total_usd, created_at, period_start, period_end } = invoice;
  return (
    <Row
      title={`${formatUtcDate(created_at)}: ${formatFixed(parseUsd(total_usd))}`}
      error={null}
      action={<Links invoice={invoice} />}
    >
      {STATUS[status]}
      {number && `. Number ${number}`}. {formatUtcDate(period_start)} to {formatUtcDate(period_end)}
    </Row>
  );
}

function Links({ invoice }: { invoice: Invoice }) {
  const { status, created_at, hosted_url, pdf_url } = invoice;
  const which = `the invoice of ${formatUtcDate(created_at)}`;
  const verb = status === "open" ? "Pay" : "View";
  return (
    <span className={classes.links}>
      {hosted_url && (
        <a href={hosted_url} target="_blank" rel="noopener" aria-label={`${verb} ${which}`}>
          {verb}
        </a>
      )}
      {pdf_url && (
        <a href={pdf_url} target="_blank" rel="noopener" aria-label={`PDF of ${which}`}>
          PDF
        </a>
      )}
    </span>
  );
}
