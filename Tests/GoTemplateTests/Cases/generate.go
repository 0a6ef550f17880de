// Writes what Go's text/template makes of the templates of a file of cases:
//
//	go run generate.go < language.json > new.json
package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"os"
	"strings"
	"text/template"
	"time"
)

type Alert struct {
	Status   string
	Labels   map[string]string
	StartsAt time.Time
	Value    float64
	Tags     []string
}

func (a Alert) Twice(text string) string       { return text + text }
func (a Alert) Sum(first, second int) int       { return first + second }
func (a Alert) Failing() (string, error)        { return "", errors.New("no luck") }
func (a Alert) Plain() string                   { return "plain " + a.Status }
func (a Alert) Scale(factor float64) float64    { return a.Value * factor }

type Level int

func (l Level) String() string { return fmt.Sprintf("level %d", int(l)) }

type KV map[string]string

func (kv KV) Names() []string { return []string{"one", "two"} }

type Case struct {
	Template string  `json:"template"`
	Missing  string  `json:"missing,omitempty"`
	Output   *string `json:"output,omitempty"`
	Error    *string `json:"error,omitempty"`
}

func world() map[string]any {
	alert := Alert{"firing", map[string]string{"job": "api", "zone": "z1"},
		time.Date(2026, 2, 3, 4, 5, 6, 789000000, time.UTC), 0.25, []string{"x", "y"}}
	return map[string]any{
		"Name": "web-01", "Empty": "", "Int": 42, "Neg": -7, "Zero": 0, "Float": 1234567.0, "Pi": 3.14159,
		"Small": 0.000012345, "NaN": math.NaN(), "Inf": math.Inf(1), "True": true, "False": false, "Nil": nil,
		"Big": 1e300, "Half": 0.5, "One": 1.0, "NegZero": math.Copysign(0, -1),
		"Text": "a <b> & \"c\" 'd' =\n\tü€😀 \\", "Accent": "héllo wörld",
		"Labels":      map[string]string{"a": "1", "b": "2", "instance": "host:9090", "job": "api", "Z": "26"},
		"EmptyLabels": map[string]string{}, "KV": KV{"k": "v"},
		"Any":     map[string]any{"x": 1, "y": "s", "z": nil, "m": map[string]any{"k": "v"}, "f": 2.5},
		"Strings": []string{"b", "a", "c"}, "Ints": []int{3, 1, 2}, "Floats": []float64{1.5, 2}, "Empties": []string{},
		"Mixed": []any{1, "a", nil, 2.5, true}, "Alert": alert, "Pointer": &alert, "Alerts": []Alert{alert, alert},
		"Level": Level(3), "Func": func(text string) any { return strings.ToUpper(text) },
		"Total": func(values ...int) any {
			total := 0
			for _, value := range values {
				total += value
			}
			return total
		},
	}
}

func main() {
	var cases []Case
	if err := json.NewDecoder(os.Stdin).Decode(&cases); err != nil {
		panic(err)
	}
	functions := template.FuncMap{
		"add1":     func(value int) int { return value + 1 },
		"shout":    strings.ToUpper,
		"double":   func(value float64) float64 { return value * 2 },
		"negate":   func(value bool) bool { return !value },
		"status":   func(alert *Alert) string { return alert.Status },
		"statusOf": func(alert Alert) string { return alert.Status },
		"join":     func(separator string, values []string) string { return strings.Join(values, separator) },
		"kind":     func(value any) string { return fmt.Sprintf("%T", value) },
		"pack": func(values ...any) map[string]any {
			result := map[string]any{}
			for i, value := range values {
				result[fmt.Sprintf("arg%d", i)] = value
			}
			return result
		},
		"fail": func() (string, error) { return "", errors.New("asked to fail") },
	}
	for i := range cases {
		missing := cases[i].Missing
		if missing == "" {
			missing = "default"
		}
		cases[i].Output, cases[i].Error = nil, nil
		var out strings.Builder
		parsed, err := template.New("case").Option("missingkey=" + missing).Funcs(functions).Parse(cases[i].Template)
		if err == nil {
			err = parsed.Execute(&out, world())
		}
		text := out.String()
		if err != nil {
			text = err.Error()
			cases[i].Error = &text
		} else {
			cases[i].Output = &text
		}
	}
	fmt.Println("[")
	for i, one := range cases {
		var line strings.Builder
		encoder := json.NewEncoder(&line)
		encoder.SetEscapeHTML(false)
		if err := encoder.Encode(one); err != nil {
			panic(err)
		}
		end := ","
		if i == len(cases)-1 {
			end = ""
		}
		fmt.Println(strings.TrimSpace(line.String()) + end)
	}
	fmt.Println("]")
}
