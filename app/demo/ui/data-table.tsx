import type { JSX, ReactNode } from 'react'

export interface Column<Row> {
  readonly header: string
  readonly cell: (row: Row) => ReactNode
  readonly numeric?: boolean
  /** Stays on one line. */
  readonly fixed?: boolean
  /** Keeps the header for assistive technology only, for columns of buttons. */
  readonly quiet?: boolean
}

/**
 * A table that becomes a list of cards on a narrow screen; the first column names the row. The roles are written out
 * because browsers forget a table's meaning once its parts are displayed as blocks.
 */
export function DataTable<Row>({
  caption,
  columns,
  rows,
  rowKey,
  foot,
}: {
  readonly caption: string
  readonly columns: readonly Column<Row>[]
  readonly rows: readonly Row[]
  readonly rowKey: (row: Row) => string | number
  readonly foot?: ReactNode
}): JSX.Element {
  return (
    <table className="table" role="table">
      <caption className="visually-hidden">{caption}</caption>
      <thead role="rowgroup">
        <tr role="row">
          {columns.map((column) => (
            <th key={column.header} role="columnheader" scope="col" className={classOf(column)}>
              {column.quiet === true ? <span className="visually-hidden">{column.header}</span> : column.header}
            </th>
          ))}
        </tr>
      </thead>
      <tbody role="rowgroup">
        {rows.map((row) => (
          <tr key={rowKey(row)} role="row">
            {columns.map((column, index) =>
              index === 0 ? (
                <th key={column.header} role="rowheader" scope="row" className={classOf(column)}>
                  {column.cell(row)}
                </th>
              ) : (
                <td
                  key={column.header}
                  role="cell"
                  data-label={column.quiet === true ? undefined : column.header}
                  className={classOf(column)}
                >
                  {column.cell(row)}
                </td>
              ),
            )}
          </tr>
        ))}
      </tbody>
      {foot}
    </table>
  )
}

function classOf<Row>(column: Column<Row>): string | undefined {
  if (column.numeric === true) return 'numeric'
  return column.fixed === true ? 'fixed' : undefined
}
