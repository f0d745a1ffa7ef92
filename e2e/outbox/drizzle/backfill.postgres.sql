update products set last_synced_at = current_timestamp, is_dirty = false;
