import vue from 'eslint-plugin-vue';
import ts from 'typescript-eslint';

export default [
  { ignores: ['dist/**', 'node_modules/**', 'src/components.d.ts'] },
  ...ts.configs.recommended,
  ...vue.configs['flat/essential'],
  {
    files: ['**/*.vue'],
    languageOptions: { parserOptions: { parser: ts.parser } },
  },
  {
    rules: {
      'vue/multi-word-component-names': 'off',
      'vue/no-v-html': 'error',
      'no-restricted-properties': [
        'error',
        { property: 'innerHTML', message: 'Render text as text.' },
        { property: 'outerHTML', message: 'Render text as text.' },
      ],
      eqeqeq: ['error', 'smart'],
      'no-console': 'error',
    },
  },
  { files: ['dev-mock/**'], rules: { 'no-console': 'off' } },
];
