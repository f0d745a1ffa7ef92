import { STORE_LIMIT_MS, timeout } from '../clock.ts'
import { report } from '../report.ts'
import { promisifyRequest, type UseStore } from '../store/store.ts'

/** A single record of who somebody is. A store that fails or hangs knows of none. */
export async function readIdentityRecord(store: UseStore, key: string): Promise<string | null | undefined> {
  const asked = store('readonly', (records) => promisifyRequest<unknown>(records.get(key)))
  const found = await timeout(STORE_LIMIT_MS, asked, undefined).catch(() => undefined)
  return typeof found === 'string' || found === null ? found : undefined
}

/** @param value undefined removes the record. */
export async function putIdentityRecord(store: UseStore, key: string, value: string | null | undefined): Promise<void> {
  await store('readwrite', (records) => {
    if (value === undefined) records.delete(key)
    else records.put(value, key)
    return promisifyRequest(records.transaction)
  }).catch((error: unknown) => report('identity: who the user is could not be stored; memory holds it', error))
}
