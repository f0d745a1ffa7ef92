alter table products
  add column last_synced_at timestamptz,
  add column is_dirty boolean not null default true,
  add column is_deleted boolean not null default false;
create index products_dirty on products (id) where is_dirty;
