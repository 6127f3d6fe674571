// Lays a dashboard's panels out as Grafana does: 24 columns, 30 pixels and a gap of 8 a row.
import React from 'react';
import { createRoot } from 'react-dom/client';
import { ThemeContext } from '@grafana/data';
import { GlobalStyles, PanelChrome } from '@grafana/ui';
import { framesOf } from './frames';
import { Header } from './header';
import { theme } from './theme';
import { Visual } from './visual';

const WIDTH = 1600;
const GAP = 8;
const COLUMN = (WIDTH - GAP) / 24;
const ROW = 38;

function place({ x, y, w, h }: any): React.CSSProperties {
  return {
    position: 'absolute',
    left: GAP + x * COLUMN,
    top: y * ROW,
    width: w * COLUMN - GAP,
    height: h * ROW - GAP,
  };
}

function Row({ title }: { title: string }) {
  return <div style={{ fontSize: 16, fontWeight: 500, lineHeight: `${ROW - GAP}px` }}>⌄&ensp;{title}</div>;
}

async function main() {
  const answers = await (await fetch('/answers.json')).json();
  const { board, from, to } = answers;
  const shown = await Promise.all(
    board.panels.map(async (panel: any) => ({
      panel,
      frames: panel.type === 'row' ? [] : await framesOf(panel, answers.panels[panel.id], from, to),
    })),
  );
  const height = Math.max(...board.panels.map((one: any) => one.gridPos.y + one.gridPos.h)) * ROW;
  createRoot(document.getElementById('root')!).render(
    <ThemeContext.Provider value={theme}>
      <GlobalStyles />
      <style>{'body { margin: 0; }'}</style>
      <div style={{ width: WIDTH, background: theme.colors.background.canvas, color: theme.colors.text.primary }}>
        <Header board={board} />
        <div style={{ position: 'relative', height }}>
          {shown.map(({ panel, frames }: any) => (
            <div key={panel.id} style={place(panel.gridPos)}>
              {panel.type === 'row' ? (
                <Row title={panel.title} />
              ) : (
                <PanelChrome
                  title={panel.title}
                  description={panel.description}
                  width={panel.gridPos.w * COLUMN - GAP}
                  height={panel.gridPos.h * ROW - GAP}
                >
                  {(width: number, inner: number) => (
                    <Visual panel={panel} frames={frames} width={width} height={inner} from={from} to={to} />
                  )}
                </PanelChrome>
              )}
            </div>
          ))}
        </div>
      </div>
    </ThemeContext.Provider>,
  );
  setTimeout(() => document.body.setAttribute('data-ready', 'yes'), 2500);
}

main();
