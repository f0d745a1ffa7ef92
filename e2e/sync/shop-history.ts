import type { Pool } from 'pg'

/** A value that the database has had. */
interface Version {
  readonly value: string
  readonly fromMs: number
  /** Infinity: it has it still. */
  toMs: number
}

/** How long before its commit a write may be on the screen of the one who makes it. */
const EARLY_MS = 5000

/** All that the demo's screens show of some tables, as it was at each time: by triggers of SQL. */
export class ShopHistory {
  readonly #versions = new Map<string, Version[]>()
  readonly #ids = new Map<string, Set<string>>()

  /** Has the database write down each change from now on. */
  static async begin(pool: Pool): Promise<void> {
    await pool.query(`
      create table history (
        id integer generated always as identity, key text not null, value text not null,
        at timestamptz not null default clock_timestamp()
      );
      -- What lists show, by the text of their parts.
      create view shown_lists as
        select 'products 25' as key, string_agg(name, '|' order by lower(name), id) as value
          from (select * from products order by lower(name), id limit 25) p
        union all select 'active 24', string_agg(name, '|' order by lower(name), id)
          from (select * from products where status = 'active' order by lower(name), id limit 24) p
        union all select 'categories', string_agg(name, '|' order by lower(name), id) from categories
        union all select 'brands', string_agg(name, '|' order by lower(name), id) from brands
        union all select 'units', string_agg(name, '|' order by lower(name), id) from units
        union all select 'sales 25', string_agg('S-' || (10000 + id), '|' order by sold_at desc, id desc)
          from (select * from sales order by sold_at desc, id desc limit 25) s
        union all select 'sales 6', string_agg('S-' || (10000 + id), '|' order by sold_at desc, id desc)
          from (select * from sales order by sold_at desc, id desc limit 6) s
        union all select 'purchases 25', string_agg('P-' || (2000 + id), '|' order by ordered_at desc, id desc)
          from (select * from purchases order by ordered_at desc, id desc limit 25) o
        union all select 'activity 5', string_agg(trim(deed || ' ' || subject), '|' order by id desc)
          from (select * from activity order by id desc limit 5) a
        union all select 'tax', tax_percent::float8::text from settings
        union all select 'till', (t.opening_cents + (
            select coalesce(sum(l.quantity * l.unit_price_cents::bigint), 0)::bigint
            from sales s join sale_lines l on l.sale_id = s.id where s.paid_by = 'cash' and s.sold_at >= t.opened_at
          ))::text from till t;
      create function note_lists() returns trigger language plpgsql as $$ begin
        insert into history (key, value) select key, value from shown_lists where value is not null; return null;
      end $$;
      create function note_product() returns trigger language plpgsql as $$ begin
        if tg_op = 'DELETE' then
          insert into history (key, value) select kind || old.id, '(deleted)' from unnest(array['price ', 'name ', 'stock ']) kind;
        else
          insert into history (key, value) values ('price ' || new.id, new.price_cents::text), ('name ' || new.id, new.name);
        end if;
        return null;
      end $$;
      create function note_stock() returns trigger language plpgsql as $$ begin
        insert into history (key, value) values ('stock ' || new.product_id, new.on_hand::text); return null;
      end $$;
      create function note_purchase() returns trigger language plpgsql as $$ begin
        insert into history (key, value) values ('purchase P-' || (2000 + new.id), new.status); return null;
      end $$;
      create trigger note_product after insert or update or delete on products for each row execute function note_product();
      create trigger note_stock after insert or update on stock for each row execute function note_stock();
      create trigger note_purchase after insert or update on purchases for each row execute function note_purchase();
      ${['products', 'categories', 'brands', 'units', 'sales', 'sale_lines', 'purchases', 'activity', 'settings']
        .map(
          (table) =>
            `create trigger note_lists after insert or update or delete on ${table} for each statement execute function note_lists();`,
        )
        .join('\n')}
      insert into history (key, value, at) select key, value, '-infinity' from shown_lists where value is not null;
      insert into history (key, value, at) select 'price ' || id, price_cents::text, '-infinity' from products;
      insert into history (key, value, at) select 'name ' || id, name, '-infinity' from products;
      insert into history (key, value, at) select 'stock ' || product_id, on_hand::text, '-infinity' from stock;
      insert into history (key, value, at) select 'purchase P-' || (2000 + id), status, '-infinity' from purchases;
    `)
  }

  static async read(pool: Pool): Promise<ShopHistory> {
    const history = new ShopHistory()
    const { rows } = await pool.query<{ key: string; value: string; ms: number }>(
      `select key, value, case when isfinite(at) then extract(epoch from at)::float8 * 1000 else 0 end as ms
       from history order by id`,
    )
    for (const { key, value, ms } of rows) history.add(key, value, ms)
    return history
  }

  add(key: string, value: string, fromMs: number): void {
    const [, id] = /^name (\d+)$/.exec(key) ?? []
    if (id !== undefined) {
      const name = JSON.stringify(value)
      this.#ids.set(name, (this.#ids.get(name) ?? new Set<string>()).add(id))
    }
    const versions = this.#versions.get(key) ?? []
    this.#versions.set(key, versions)
    const last = versions.at(-1)
    if (last?.value === value) return
    if (last !== undefined) last.toMs = fromMs
    versions.push({ value, fromMs, toMs: Infinity })
  }

  /** The key by the id. Undefined: several products have had the name. */
  idKey(key: string): string | undefined {
    const [, what, name = ''] = /^(\w+) (".*")$/.exec(key) ?? []
    if (what === undefined) return key
    const [id, ...others] = this.#ids.get(name) ?? []
    return id === undefined || others.length > 0 ? undefined : `${what} ${id}`
  }

  /** The newest version of which the value can be, for a paint of that time. Undefined: the database never had it. */
  versionOf(key: string, value: string, atMs: number): Readonly<Version> | undefined {
    // A write is shown before it is committed.
    return this.#versions.get(key)?.findLast((version) => version.value === value && version.fromMs <= atMs + EARLY_MS)
  }

  /** The oldest version of which the value can be that is no older than another. Undefined: each is older. */
  versionSince(key: string, value: string, sinceMs: number): Readonly<Version> | undefined {
    return this.#versions.get(key)?.find((version) => version.value === value && version.fromMs >= sinceMs)
  }

  /** The first value that came within that time. */
  madeWithin(key: string, fromMs: number, toMs: number): Readonly<Version> | undefined {
    return this.#versions.get(key)?.find((version) => version.fromMs >= fromMs && version.fromMs <= toMs)
  }

  /** How many values the key has had. */
  countOf(key: string): number {
    return this.#versions.get(key)?.length ?? 0
  }
}
