import { defineConfig } from '../../config/index.ts'

// oxlint-disable-next-line import/no-default-export -- A rules file has its rules as the default export.
export default defineConfig({ version: 'recording', identity: 'none', routes: [] })
