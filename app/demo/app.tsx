import { lazy, Suspense, type JSX } from 'react'
import { Route, Routes } from 'react-router'
import { CatalogueList } from './pages/catalogue-list.tsx'
import { Dashboard } from './pages/dashboard.tsx'
import { NewProduct } from './pages/new-product.tsx'
import { NewPurchase } from './pages/new-purchase.tsx'
import { NotFound } from './pages/not-found.tsx'
import { PointOfSale } from './pages/point-of-sale.tsx'
import { PreferencesPage } from './pages/preferences.tsx'
import { ProductPage } from './pages/product.tsx'
import { ProductList } from './pages/products.tsx'
import { PurchasePage } from './pages/purchase.tsx'
import { PurchaseList } from './pages/purchases.tsx'
import { SalePage } from './pages/sale.tsx'
import { SalesList } from './pages/sales.tsx'
import { SettingsPage } from './pages/settings.tsx'
import { SignIn } from './pages/sign-in.tsx'
import { StockItem } from './pages/stock-item.tsx'
import { StockList } from './pages/stock.tsx'
import { startSession, useSession } from './session.ts'
import { ErrorPanel, Skeleton } from './ui/loaded.tsx'
import { Page } from './ui/page.tsx'
import { Shell } from './ui/shell.tsx'

// The chart library is the largest part of the app, and one page needs it.
const Report = lazy(async () => ({ default: (await import('./pages/report.tsx')).Report }))

export function App(): JSX.Element {
  const session = useSession()
  switch (session.status) {
    case 'starting':
      return (
        <main className="bare">
          <Skeleton rows={4} />
        </main>
      )
    case 'failed':
      return (
        <main className="bare">
          <Page title="Corner Supply Co.">
            <ErrorPanel error={session.error} onRetry={() => void startSession()} />
          </Page>
        </main>
      )
    case 'signed-out':
      return <SignIn notice={session.notice} />
    case 'signed-in':
      return (
        <Routes>
          <Route element={<Shell user={session.user} confirmed={session.confirmed} />}>
            <Route index element={<Dashboard />} />
            <Route path="sell" element={<PointOfSale />} />
            <Route path="products" element={<ProductList />} />
            <Route path="products/new" element={<NewProduct />} />
            <Route path="products/:id" element={<ProductPage />} />
            <Route path="categories" element={<CatalogueList key="categories" kind="categories" />} />
            <Route path="brands" element={<CatalogueList key="brands" kind="brands" />} />
            <Route path="units" element={<CatalogueList key="units" kind="units" />} />
            <Route path="stock" element={<StockList />} />
            <Route path="stock/:id" element={<StockItem />} />
            <Route path="purchases" element={<PurchaseList />} />
            <Route path="purchases/new" element={<NewPurchase />} />
            <Route path="purchases/:id" element={<PurchasePage />} />
            <Route path="sales" element={<SalesList />} />
            <Route path="sales/:id" element={<SalePage />} />
            <Route
              path="report"
              element={
                <Suspense fallback={<Skeleton rows={8} />}>
                  <Report />
                </Suspense>
              }
            />
            <Route path="settings" element={<SettingsPage />} />
            <Route path="preferences" element={<PreferencesPage />} />
            <Route path="*" element={<NotFound />} />
          </Route>
        </Routes>
      )
  }
}
