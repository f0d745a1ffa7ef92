/** A shelf of the shop: what stands on it and what it costs. */
export interface Shelf {
  readonly name: string
  /** What products are called; combined with a brand, a style and a size. */
  readonly nouns: readonly string[]
  readonly styles: readonly string[]
  readonly sizes: readonly string[]
  /** Whether a thing on it comes in several colours. */
  readonly coloured: boolean
  /** The unit it is sold in, one of `UNITS`. */
  readonly unit: string
  readonly lowestCents: number
  readonly highestCents: number
}

const TASTES = ['Classic', 'Organic', 'Farmhouse', 'Everyday', 'Reserve', 'Light', 'Original']
const SCENTS = ['Lemon', 'Lavender', 'Fresh', 'Unscented', 'Eucalyptus', 'Ocean', 'Sensitive']
const TRADES = ['Standard', 'Heavy Duty', 'Compact', 'Pro', 'Value', 'Precision', 'Workshop']
const HOMES = ['Everyday', 'Classic', 'Soft Touch', 'Slim', 'Family', 'Eco', 'Studio']
const PAPERS = ['Ruled', 'Plain', 'Recycled', 'Premium', 'Pocket', 'Office', 'Studio']

const GRAMS = ['100 g', '250 g', '400 g', '500 g', '1 kg']
const DRINKS = ['250 ml', '330 ml', '500 ml', '1 l', '1.5 l']
const BOTTLES = ['250 ml', '500 ml', '750 ml', '1 l', '2 l']
const SCREWS = ['20 mm', '30 mm', '40 mm', '60 mm', '80 mm']
const COUNTS = ['single', '2-pack', '4-pack', '6-pack', '12-pack']
const SIZES = ['small', 'medium', 'large']

const COLOURED_SHELVES = [
  'Kitchenware',
  'Tableware',
  'Candles & Matches',
  'Notebooks',
  'Pens & Pencils',
  'Party & Gift',
]

export const SHELVES: readonly Shelf[] = [
  shelf('Bread & Bakery', 'Sourdough Loaf|Rye Bread|Burger Buns|Bagels|Wraps', TASTES, GRAMS, 'Piece', 120, 650),
  shelf('Breakfast Cereal', 'Rolled Oats|Granola|Corn Flakes|Muesli|Bran Flakes', TASTES, GRAMS, 'Packet', 180, 790),
  shelf('Coffee', 'Ground Coffee|Coffee Beans|Espresso Roast|Instant Coffee|Decaf', TASTES, GRAMS, 'Packet', 350, 2400),
  shelf('Tea', 'Breakfast Tea|Green Tea|Earl Grey|Chamomile|Peppermint Tea', TASTES, GRAMS, 'Box', 190, 1450),
  shelf(
    'Dairy & Eggs',
    'Whole Milk|Natural Yoghurt|Salted Butter|Cheddar|Crème Fraîche',
    TASTES,
    GRAMS,
    'Piece',
    110,
    890,
  ),
  shelf('Rice & Grains', 'Basmati Rice|Bulgur|Quinoa|Pearl Barley|Couscous', TASTES, GRAMS, 'Packet', 150, 980),
  shelf('Pasta', 'Spaghetti|Penne|Fusilli|Tagliatelle|Lasagne Sheets', TASTES, GRAMS, 'Packet', 95, 520),
  shelf('Canned Food', 'Chopped Tomatoes|Chickpeas|Kidney Beans|Sweetcorn|Tuna', TASTES, GRAMS, 'Can', 80, 480),
  shelf('Sauces & Oils', 'Olive Oil|Tomato Ketchup|Soy Sauce|Pesto|Vinaigrette', TASTES, BOTTLES, 'Bottle', 180, 1890),
  shelf(
    'Spices',
    'Smoked Paprika|Black Pepper|Cumin|Cinnamon|Turmeric',
    TASTES,
    ['20 g', '40 g', '80 g', '150 g'],
    'Jar',
    150,
    690,
  ),
  shelf('Biscuits & Sweets', 'Shortbread|Oat Cookies|Liquorice|Fruit Gums|Wafers', TASTES, GRAMS, 'Packet', 110, 590),
  shelf(
    'Chocolate',
    'Dark Chocolate|Milk Chocolate|Hazelnut Bar|Truffles|Cocoa Powder',
    TASTES,
    GRAMS,
    'Piece',
    140,
    1290,
  ),
  shelf(
    'Crisps & Nuts',
    'Sea Salt Crisps|Roasted Almonds|Cashews|Tortilla Chips|Trail Mix',
    TASTES,
    GRAMS,
    'Packet',
    130,
    980,
  ),
  shelf('Soft Drinks', 'Cola|Lemonade|Ginger Ale|Tonic Water|Iced Tea', TASTES, DRINKS, 'Bottle', 95, 390),
  shelf(
    'Juice & Water',
    'Apple Juice|Orange Juice|Still Water|Sparkling Water|Elderflower',
    TASTES,
    DRINKS,
    'Bottle',
    70,
    450,
  ),
  shelf('Baking', 'Plain Flour|Caster Sugar|Baking Powder|Vanilla Sugar|Yeast', TASTES, GRAMS, 'Packet', 75, 520),
  shelf('Baby Care', 'Wipes|Nappies|Baby Shampoo|Rash Cream|Cotton Pads', SCENTS, COUNTS, 'Packet', 220, 1990),
  shelf('Pet Food', 'Cat Food|Dog Food|Bird Seed|Cat Litter|Dog Biscuits', TASTES, GRAMS, 'Bag', 150, 3200),
  shelf('Soap & Shower', 'Hand Soap|Shower Gel|Bar Soap|Bath Salts|Body Scrub', SCENTS, BOTTLES, 'Bottle', 150, 990),
  shelf('Hair Care', 'Shampoo|Conditioner|Hair Oil|Styling Gel|Dry Shampoo', SCENTS, BOTTLES, 'Bottle', 220, 1590),
  shelf('Oral Care', 'Toothpaste|Toothbrush|Mouthwash|Dental Floss|Tongue Cleaner', SCENTS, COUNTS, 'Piece', 120, 890),
  shelf('First Aid', 'Plasters|Gauze Bandage|Antiseptic Spray|Cold Pack|Tape', TRADES, COUNTS, 'Box', 180, 1490),
  shelf(
    'Laundry',
    'Laundry Liquid|Washing Powder|Fabric Softener|Stain Remover|Wool Wash',
    SCENTS,
    BOTTLES,
    'Bottle',
    280,
    1890,
  ),
  shelf(
    'Cleaning',
    'All-Purpose Cleaner|Glass Cleaner|Descaler|Floor Soap|Bathroom Spray',
    SCENTS,
    BOTTLES,
    'Bottle',
    160,
    890,
  ),
  shelf(
    'Paper Goods',
    'Kitchen Roll|Toilet Paper|Napkins|Facial Tissues|Paper Towels',
    HOMES,
    COUNTS,
    'Packet',
    120,
    1290,
  ),
  shelf(
    'Bin & Freezer Bags',
    'Bin Liners|Freezer Bags|Compost Bags|Zip Bags|Bread Bags',
    TRADES,
    COUNTS,
    'Roll',
    140,
    790,
  ),
  shelf('Kitchenware', 'Chopping Board|Mixing Bowl|Ladle|Peeler|Measuring Jug', HOMES, SIZES, 'Piece', 290, 3900),
  shelf('Tableware', 'Dinner Plate|Soup Bowl|Mug|Tumbler|Teaspoon Set', HOMES, COUNTS, 'Piece', 250, 4900),
  shelf(
    'Candles & Matches',
    'Pillar Candle|Tea Lights|Scented Candle|Matches|Dinner Candles',
    SCENTS,
    COUNTS,
    'Box',
    110,
    1890,
  ),
  shelf(
    'Batteries',
    'AA Batteries|AAA Batteries|9V Battery|Button Cells|D Batteries',
    TRADES,
    COUNTS,
    'Packet',
    250,
    2490,
  ),
  shelf('Lighting', 'LED Bulb|Torch|Desk Lamp|Extension Lead|Night Light', HOMES, SIZES, 'Piece', 290, 4900),
  shelf('Screws & Fixings', 'Wood Screws|Wall Plugs|Hex Bolts|Washers|Picture Hooks', TRADES, SCREWS, 'Box', 150, 1290),
  shelf('Hand Tools', 'Claw Hammer|Screwdriver|Pliers|Tape Measure|Spirit Level', TRADES, SIZES, 'Piece', 490, 6900),
  shelf('Paint & Glue', 'Wall Paint|Wood Glue|Masking Tape|Paint Brush|Filler', TRADES, BOTTLES, 'Piece', 250, 4200),
  shelf('Garden', 'Flower Seeds|Potting Soil|Hand Trowel|Watering Can|Plant Feed', HOMES, SIZES, 'Piece', 150, 3900),
  shelf('Notebooks', 'Notebook|Legal Pad|Sketchbook|Diary|Index Cards', PAPERS, ['A4', 'A5', 'A6'], 'Piece', 180, 2490),
  shelf('Pens & Pencils', 'Ballpoint Pens|Gel Pens|Pencils|Highlighters|Markers', PAPERS, COUNTS, 'Packet', 120, 1890),
  shelf(
    'Envelopes & Post',
    'Envelopes|Padded Mailers|Parcel Tape|Labels|Cartons',
    PAPERS,
    ['A4', 'A5', 'C5', 'DL'],
    'Packet',
    140,
    1690,
  ),
  shelf('Office Basics', 'Stapler|Paper Clips|Ring Binder|Scissors|Desk Tray', PAPERS, SIZES, 'Piece', 130, 2890),
  shelf('Party & Gift', 'Gift Wrap|Balloons|Greeting Cards|Ribbon|Paper Plates', HOMES, COUNTS, 'Piece', 110, 1490),
]

export const UNITS: readonly (readonly [name: string, symbol: string])[] = [
  ['Piece', 'pc'],
  ['Packet', 'pkt'],
  ['Box', 'box'],
  ['Bottle', 'btl'],
  ['Can', 'can'],
  ['Jar', 'jar'],
  ['Bag', 'bag'],
  ['Roll', 'roll'],
  ['Kilogram', 'kg'],
  ['Litre', 'l'],
  ['Metre', 'm'],
  ['Dozen', 'dz'],
]

const BRAND_STARTS =
  'Alder|Birch|Bright|Cedar|Clover|Copper|Dove|Elm|Fern|Glen|Harbour|Hazel|Iron|Juniper|Kestrel|Lark|Maple|North|Oak|Pine'.split(
    '|',
  )
const BRAND_ENDS = ['field', 'brook', '& Sons', 'works', 'wood', 'stone']
const COUNTRIES =
  'United Kingdom|Ireland|France|Germany|Italy|Spain|Portugal|Netherlands|Denmark|Sweden|Poland|Japan|India|Canada'.split(
    '|',
  )

/** 120 made-up brands, each with the country it comes from. */
export const BRANDS: readonly (readonly [name: string, country: string])[] = BRAND_STARTS.flatMap((start, row) =>
  BRAND_ENDS.map((end, column): [string, string] => [
    end.startsWith('&') ? `${start} ${end}` : `${start}${end}`,
    COUNTRIES[(row * 5 + column * 3) % COUNTRIES.length] ?? 'United Kingdom',
  ]),
)

export const SUPPLIERS: readonly string[] = [
  'Northgate Wholesale',
  'Bramley Foods Ltd',
  'Quayside Imports',
  'Meridian Paper Co.',
  'Hollins Hardware Supply',
  'Tideway Drinks',
  'Greenlane Organics',
  'Castle Household Goods',
]

export const COLOURS: readonly string[] = ['White', 'Black', 'Navy', 'Forest', 'Sand', 'Red']

function shelf(
  name: string,
  nouns: string,
  styles: readonly string[],
  sizes: readonly string[],
  unit: string,
  lowestCents: number,
  highestCents: number,
): Shelf {
  const coloured = COLOURED_SHELVES.includes(name)
  return { name, nouns: nouns.split('|'), styles, sizes, coloured, unit, lowestCents, highestCents }
}
