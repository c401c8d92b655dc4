import type { Catalogue } from '../words.ts';

const de: Catalogue = { phrases: {}, patterns: [] };
export default de;
