import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { describe, expect, it } from 'vitest'

describe('the documentation site', () => {
  it('is built without a dead link, and lists each page of the guide', () => {
    execFileSync('npx', ['vitepress', 'build', 'docs'], { stdio: 'pipe' })
    const list = readFileSync('dist/docs/llms.txt', 'utf8')
    const pages = readdirSync('docs/guide').map((file) => file.replace('.md', ''))
    expect(pages.filter((page) => !list.includes(`(/guide/${page}.html)`))).toEqual([])
    expect(list).toContain('- [Tuning](/guide/tuning.html): How to choose the windows of a rule')
    const [index = ''] = readdirSync('dist/docs/assets/chunks').filter((file) => file.includes('localSearchIndex'))
    // Each option is found by its name.
    expect(readFileSync(`dist/docs/assets/chunks/${index}`, 'utf8')).toMatch(/reference\/options[^"]*#ignorequery/)
    // Files of the repository are no pages of the site: such a link would lead nowhere.
    const html = readFileSync('dist/docs/guide/real-apps.html', 'utf8')
    expect(html).toContain('traits.spec.ts')
    expect(html).not.toMatch(/href="(?:\.\.\/)+(?:e2e|config|discoveries|decisions)/)
    expect(readFileSync('dist/docs/reference/options.html', 'utf8')).toContain('stale-while-revalidate')
  }, 120_000)
})
