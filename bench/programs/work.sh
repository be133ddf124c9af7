# bash by itself, without other programs: arithmetic, arrays, string operations, functions, case, regular expressions.
size=$1
declare -A count
state=1
random() { state=$(((state * 1103515245 + 12345) & 0x7fffffff)); r=$(((state >> 8) % $1)); }

sum=0
for ((i = 0; i < 20000 * size; i++)); do
  ((sum = (sum * 31 + i) & 0xffffff, i % 3 == 0)) && ((sum ^= i))
done
echo "$sum"

words=(alpha beta gamma delta epsilon zeta eta theta)
for ((i = 0; i < 3000 * size; i++)); do
  random 8
  w=${words[r]}
  count[$w]=$((${count[$w]:-0} + ${#w}))
  case $w in
    a*) line=${w^^} ;;
    *ta) line=${w%ta}-${w#?} ;;
    *) line=${w//e/E} ;;
  esac
  [[ $line =~ ^([A-Z]+)|([a-z]+)- ]] && ((sum += ${#BASH_REMATCH[0]}))
done
for w in "${words[@]}"; do printf '%s=%d ' "$w" "${count[$w]}"; done
echo "$sum"

hanoi() { (($1 == 0)) || { hanoi $(($1 - 1)) "$2" "$4" "$3"; ((moves += $2 * 3 + $3)); hanoi $(($1 - 1)) "$4" "$3" "$2"; }; }
moves=0
for ((i = 0; i < size; i++)); do hanoi 8 0 2 1; done
echo "$moves"
