import type { JSX } from 'react'
import { useNavigate } from 'react-router'
import { messageOf } from '../api-error.ts'
import { useCreateProduct } from '../resources/products.ts'
import { Page, Panel } from '../ui/page.tsx'
import { ProductForm } from './product-form.tsx'

export function NewProduct(): JSX.Element {
  const navigate = useNavigate()
  const create = useCreateProduct((product) => void navigate(`/products/${product.id}`))
  return (
    <Page title="New product" back={{ to: '/products', label: 'Products' }}>
      <Panel title="Details">
        {create.error !== undefined && (
          <p className="form-error" role="alert">
            {messageOf(create.error)}
          </p>
        )}
        <ProductForm
          initial={undefined}
          error={create.error}
          busy={create.isPending}
          submitLabel="Create product"
          onCancel={() => void navigate('/products')}
          onSubmit={create.mutate}
        />
      </Panel>
    </Page>
  )
}
