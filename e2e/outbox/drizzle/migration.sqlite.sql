alter table products add column last_synced_at integer;
alter table products add column is_dirty integer not null default 1;
alter table products add column is_deleted integer not null default 0;
create index products_dirty on products (id) where is_dirty;
