export {
  type CurrentRepresentation,
  evaluatePreconditions,
  type FieldReader,
  httpDate,
  notModifiedFields,
  type PreconditionOutcome,
  strongEntityTag,
} from './validators.ts'
