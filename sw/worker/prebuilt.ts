import { begin } from './begin.ts'
import { keptFiles } from './lifecycle/kept-files.ts'
import { pagesBy } from './lifecycle/pages.ts'
import { racesOf } from './lifecycle/races.ts'
import { withRulesFile } from './rules-file.ts'

withRulesFile((config, parts) => {
  begin(config, (rules) => {
    // Where no stored document can answer a page load, no page needs its scripts without the network.
    const hasPages = rules.shell !== undefined || rules.navigation.pages !== undefined
    const files = hasPages ? keptFiles(rules) : undefined
    return {
      ...parts,
      pagesBy,
      racesOf: (given) => [...racesOf(given), ...(files?.routes ?? [])],
      files,
      before: (answer) => async (question, clientId) => {
        if (question.ask === 'fill') await files?.fill(question.urls)
        return answer(question, clientId)
      },
    }
  })
})
