// Grafana's ES modules import CommonJS packages whose default export is module.exports.default.
const PACKAGES = [
  'react-custom-scrollbars-2',
  'react-highlight-words',
  'react-inlinesvg',
  'react-virtualized-auto-sizer',
  'react-calendar',
  'react-colorful',
  '@emotion/css',
].join('|');
const IMPORT = new RegExp(`^import (\\w+) from '(${PACKAGES})';`, 'gm');

const commonJsDefault = {
  name: 'commonjs-default',
  enforce: 'pre',
  transform(code, id) {
    if (!/@grafana\/(ui|data).*\.mjs$/.test(id)) return undefined;
    return code.replace(
      IMPORT,
      (_, name, module) =>
        `import * as __${name} from '${module}'; ` +
        `const ${name} = __${name}.default?.default ?? __${name}.default ?? __${name};`,
    );
  },
};

export default {
  base: './',
  plugins: [commonJsDefault],
  define: { global: 'globalThis', 'process.env.NODE_ENV': JSON.stringify('production') },
  build: { chunkSizeWarningLimit: 20000, minify: false },
};
