export { bindQueryClient, type Binding, type BindOptions } from './bind-query-client.ts'
export type { QueryClientLike } from './query-client.ts'
