// What stands above the panels: the title, the variables, and the range.
import React from 'react';
import { theme } from './theme';

const box: React.CSSProperties = {
  border: `1px solid ${theme.colors.border.medium}`,
  borderRadius: 2,
  background: theme.components.input.background,
  padding: '4px 10px',
};

function Choice({ label, value }: { label: string; value: string }) {
  return (
    <span style={{ display: 'inline-flex', marginRight: 8 }}>
      <span style={{ ...box, background: theme.colors.background.secondary, borderRight: 0 }}>{label}</span>
      <span style={{ ...box, minWidth: 56, color: theme.colors.text.primary }}>{value} ▾</span>
    </span>
  );
}

export function Header({ board }: any) {
  const range = `Last ${board.time.from === 'now-7d' ? '7 days' : '24 hours'}`;
  return (
    <div style={{ padding: '12px 8px 8px', fontSize: 12 }}>
      <div style={{ display: 'flex', alignItems: 'center', marginBottom: 12 }}>
        <span style={{ fontSize: 20, flex: 1 }}>{board.title}</span>
        <span style={{ ...box, marginRight: 8 }}>{board.links[0].title} ▾</span>
        <span style={box}>◷ {range}</span>
      </div>
      {board.templating.list.map((one: any) => (
        <Choice
          key={one.name}
          label={one.label}
          value={one.type === 'datasource' ? 'Prometheus' : [one.current.text].flat().join(', ')}
        />
      ))}
    </div>
  );
}
