update products set last_synced_at = unixepoch() * 1000, is_dirty = 0;
